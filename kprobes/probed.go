package kprobes

// Probed reports whether a probe was defined at linear address pc.
func (g *Manager) Probed(pc uint64) bool { return len(g.byAddr[pc]) > 0 }
