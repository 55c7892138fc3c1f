package net

import "trapline/internal/linux/abi"

// collectUnix closes sockets of AF_UNIX that nobody but messages to such sockets holds
// (unix_gc). A kernel does it, a little later, whenever one is released.
func (ns *Stack) collectUnix() {
	inFlight, listener := map[File]int{}, map[*Socket]*Socket{}
	receivers := map[*Socket][]*Socket{} // of messages that have a socket
	for _, s := range ns.Sockets {
		for _, c := range s.Backlog {
			listener[c] = s
		}
	}
	for _, s := range ns.Sockets {
		to := s
		if l := listener[s]; l != nil {
			to = l
		}
		s.eachRight(func(f File) {
			inFlight[f]++
			receivers[f.Socket()] = append(receivers[f.Socket()], to)
		})
	}
	lost := map[*Socket]bool{}
	for f, n := range inFlight {
		if f.Holds() == n {
			lost[f.Socket()] = true
		}
	}
	for found := len(lost) > 0; found; { // who can be reached keeps what it can receive
		found = false
		for _, s := range ns.Sockets {
			owner := s
			if l := listener[s]; l != nil {
				owner = l
			}
			if !lost[owner] {
				s.eachRight(func(f File) {
					found = found || lost[f.Socket()]
					delete(lost, f.Socket())
				})
			}
		}
	}
	var thrown []Packet
	empty := func(s *Socket) {
		for len(s.Queue) > 0 {
			thrown = append(thrown, s.Queue[0])
			ns.dropPacket(s)
		}
	}
	for _, s := range ns.Sockets {
		if lost[s] && reaches(receivers, s, s, map[*Socket]bool{}) { // others are closed with these
			empty(s)
			for _, c := range s.Backlog {
				empty(c)
			}
		}
	}
	for _, p := range thrown {
		for _, f := range p.rights {
			ns.kernel.Close(f)
		}
	}
}

// reaches reports whether from is in a message to to, or to a socket that is, and so on.
func reaches(receivers map[*Socket][]*Socket, from, to *Socket, seen map[*Socket]bool) bool {
	for _, r := range receivers[from] {
		if r == to {
			return true
		}
		if !seen[r] {
			seen[r] = true
			if reaches(receivers, r, to, seen) {
				return true
			}
		}
	}
	return false
}

// eachRight calls f for each open file of a socket of AF_UNIX in s's queue.
func (s *Socket) eachRight(f func(File)) {
	for i := range s.Queue {
		for _, r := range s.Queue[i].rights {
			if o := r.Socket(); o != nil && o.Family == abi.AF_UNIX {
				f(r)
			}
		}
	}
}
