"""Results side by side, with their differences explained."""
