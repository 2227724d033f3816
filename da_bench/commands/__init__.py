"""One file a subcommand: its help, its parser, what it does; heavy imports inside ``run``."""
