package story

import "fmt"

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

// refetch tells that a byte of code was fetched anew.
func (t *Teller) refetch(r *Record) Line {
	l := start(r)
	l.add(Work, "* instruction fetch", workWidth)
	l.add(Plain, " ", 0)
	l.add(Row, "T4", 4)
	l.add(Plain, " ", 0)
	l.add(Changed, fmt.Sprintf("[%s] byte %02x -> %02x", r.Refetched.At, uint64(r.Refetched.Old), uint64(r.Refetched.New)), 0)
	l.add(Reasons, " is fetched anew: the vCPU runs the new byte, whatever it has of the others", 0)
	return l
}
