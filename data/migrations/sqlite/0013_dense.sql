-- The next position from the end of the log. Nothing is ever deleted there, so this is as dense as
-- counting all leaves was, at the same cost for the last leaf as for the first. PostgreSQL has it so
-- from the beginning.
DROP TRIGGER log_leaf_in_order;
CREATE TRIGGER log_leaf_in_order BEFORE INSERT ON log_leaf
WHEN NEW.position <> (SELECT COALESCE(MAX(position) + 1, 0) FROM log_leaf)
BEGIN SELECT RAISE(ABORT, 'leaves are sequenced one after another'); END;
