"""Second factors of passwords: keys, codes and recovery codes, and the pages about them."""
