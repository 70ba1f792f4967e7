"""What rules, facilities and requirements are worth."""
