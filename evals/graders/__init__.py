"""What is right: graders judge an Attempt, and say so in a Grade."""
