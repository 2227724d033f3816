"""Parameters carried over: a trained model goes on with the target's few labels."""
