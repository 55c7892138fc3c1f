package session

import (
	"slices"

	"trapline/docs"
)

// RowsHere are the IDs of the rows that the present step cites, in order.
func (s *Session) RowsHere() []string {
	var ids []string
	add := func(id string) {
		if docs.Find(id) != nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, r := range s.Moment.Why {
		add(r.Row)
	}
	for _, v := range s.Moment.Violated {
		if v.Step == s.Moment.At {
			add(v.Row)
		}
	}
	return ids
}
