"""The admissible network: rules compiled into lanes, states and loops."""

from donornet.admissible.network import AdmissibleNetwork, network

__all__ = ["AdmissibleNetwork", "network"]
