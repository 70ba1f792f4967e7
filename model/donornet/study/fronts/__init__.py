"""Pareto fronts of two or three measures."""
