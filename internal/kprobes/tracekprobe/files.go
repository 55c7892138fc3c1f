package tracekprobe

import "trapline/internal/events/tracefs"

// list is kprobes/list: the events' probes and those that are not events'.
func (t *Session) list() string {
	var entries []tracefs.ListEntry
	of := map[int]bool{}
	for _, pl := range t.planted {
		of[pl.index] = true
	}
	for i, p := range t.g.Probes() {
		if !of[i] && t.g.Stats(i).Registered {
			entries = append(entries, tracefs.ListEntry{Addr: p.Addr, Return: p.Return != nil})
		}
	}
	for _, p := range t.Registry().Probes() {
		if pl := t.byProbe[p]; pl != nil {
			entries = append(entries, tracefs.ListEntry{Addr: p.Addr, Return: p.Return, Gone: p.Gone, Disabled: pl.life != armed})
		}
	}
	return tracefs.List(entries, t.g.K.M.Arch, t.symbols)
}
