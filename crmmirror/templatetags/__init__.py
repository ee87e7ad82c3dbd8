"""Tags of the admin's templates: what `crmmirror.lib.admin_kit` renders. May import nothing else."""
