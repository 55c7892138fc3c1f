package kprobes

import "trapline/kprobes/engines"

// Lock is a lock of an engine, with its place in guest memory.
type Lock struct {
	engines.Lock
	Addr uint64
}

// Locks lists the engine's locks.
func (g *Manager) Locks() []Lock {
	var l []Lock
	for _, k := range g.Describe().Locks {
		if g.K.HasSymbol(k.Name) { // else it is a judge's text
			l = append(l, Lock{k, g.K.Symbol(k.Name)})
		}
	}
	return l
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
