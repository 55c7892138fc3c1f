package tracedir

import "trapline/internal/events/fetch"

// Record is an event that fired, for JSON and for checks in Go.
type Record struct {
	Group  string        `json:"group"`
	Event  string        `json:"event"`
	CPU    int           `json:"cpu"`
	Time   uint64        `json:"time"` // nanoseconds
	Values []fetch.Value `json:"values"`
}

// Records are the events' records in the buffer, oldest first.
func (d *Dir) Records() []Record {
	var names fetch.Names
	if d.cfg.Array.Names != nil {
		names = d.cfg.Array.Names()
	}
	var list []Record
	for _, e := range d.array.Entries() {
		if e.Event != nil {
			list = append(list, Record{e.Event.Group, e.Event.Name, e.CPU, e.Time, e.Record.Values(names)})
		}
	}
	return list
}
