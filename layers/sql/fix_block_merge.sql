-- Make the small blocks of a patrol one, once they are many.
SELECT merge_fix_blocks(%(district)s, %(patrol)s, %(small)s)
