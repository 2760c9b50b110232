"""What a person or a program reads: tables, JSON, notices. The only place that prints."""
