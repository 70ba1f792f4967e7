"""The proof of a design: costs, constraints, chains and key figures from the instance and the decisions alone.

It knows nothing of the model or of the network compiler, on purpose: where they err, this finds it.
"""

from donornet.evaluation.check import check
from donornet.evaluation.evaluation import Evaluation, evaluate
from donornet.evaluation.journey import Chain
from donornet.evaluation.rules import RuleEngine
from donornet.evaluation.violation import Violation

__all__ = ["Chain", "Evaluation", "RuleEngine", "Violation", "check", "evaluate"]
