"""What the evidence of both tiers means: findings, problems, a conclusion."""
