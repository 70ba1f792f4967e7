"""The mixed-integer program in Pyomo."""

from donornet.formulation.diversity import refine
from donornet.formulation.extract import extract, start_values
from donornet.formulation.matrix import Matrix, assemble
from donornet.formulation.model import Choices, build_model

__all__ = ["Choices", "Matrix", "assemble", "build_model", "extract", "refine", "start_values"]
