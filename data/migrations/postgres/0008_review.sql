-- A case that a person closed stays closed on the same evidence until this moment.
ALTER TABLE decision ADD COLUMN review_at BIGINT; -- of a dismissal; older ones have none
