"""`agentcrewops check`: what is wrong with files and surroundings before anything runs."""
