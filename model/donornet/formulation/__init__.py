"""The mixed-integer program in Pyomo."""

from donornet.formulation.diversity import refine
from donornet.formulation.extract import extract, start_values
from donornet.formulation.matrix import Matrix, assemble
from donornet.formulation.measures import MEASURES, Measure, measure
from donornet.formulation.model import Choices, build_model

__all__ = [
    "MEASURES",
    "Choices",
    "Matrix",
    "Measure",
    "assemble",
    "build_model",
    "extract",
    "measure",
    "refine",
    "start_values",
]
