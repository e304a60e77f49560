"""The article's spans and metrics, on OpenTelemetry."""
