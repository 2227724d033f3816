"""Features of both domains brought together against a critic that tells them apart."""
