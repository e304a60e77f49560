"""One module a verb. They import their room only when they are called, so that `--help` stays instant."""
