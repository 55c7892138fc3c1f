package story

// flush tells that a store left its vCPU's buffer.
func (t *Teller) flush(r *Record) Line {
	l := start(r)
	l.add(Work, "* store buffer", workWidth)
	l.add(Plain, " ", 0)
	l.add(Row, "T2", 4)
	l.add(Plain, " ", 0)
	for i := range r.Writes {
		l.add(Changed, writeText(&r.Writes[i]), 0)
	}
	l.add(Reasons, " is in memory: the others see it now", 0)
	return l
}
