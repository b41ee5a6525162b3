"""What runs inside a backend's environment: protocol, hosts, estimators.

Standard library and NumPy only, except that a host imports its own
deep-learning framework and the estimators import scikit-learn.
"""
