"""Designs that cost little more than the best one."""
