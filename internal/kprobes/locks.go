package kprobes

import "trapline/internal/engines"

// Lock is a lock of an engine, with its place in guest memory.
type Lock struct {
	engines.Lock
	Addr uint64
}

// Locks lists the engine's locks.
func (g *Manager) Locks() []Lock { return g.locks }

// findLocks finds them, but for those that a judge's text has not.
func (g *Manager) findLocks(e *engines.Engine) {
	for _, k := range e.Locks {
		if g.K.HasSymbol(k.Name) {
			g.locks = append(g.locks, Lock{k, g.K.Symbol(k.Name)})
		}
	}
}

// Owner is the vCPU that holds a lock with this word for itself alone, or -1:
// it is free, or readers hold it, whom the word does not name.
func (l *Lock) Owner(word uint64) int {
	if l.Kind == engines.RWLock {
		if word <= writerBit {
			return -1
		}
		word -= writerBit
	}
	return int(word) - 1
}
