/* measuring script, left empty */
