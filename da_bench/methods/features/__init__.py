"""Features of both domains brought together by a discrepancy, a transport or a reconstruction."""
