package tracekprobe

import "trapline/internal/events/tracefs"

// list is kprobes/list: the events' probes and those that are not events'.
func (s *Session) list() string {
	var entries []tracefs.ListEntry
	of := map[int]bool{}
	for _, pl := range s.planted {
		of[pl.index] = true
	}
	for i, p := range s.g.Probes() {
		if !of[i] && s.g.Stats(i).Registered {
			entries = append(entries, tracefs.ListEntry{Addr: p.Addr, Return: p.Return != nil})
		}
	}
	for _, p := range s.Registry().Probes() {
		if pl := s.byProbe[p]; pl != nil {
			entries = append(entries, tracefs.ListEntry{Addr: p.Addr, Return: p.Return, Gone: p.Gone, Disabled: pl.life != armed})
		}
	}
	return tracefs.List(entries, s.g.K.M.Arch, s.symbols)
}
