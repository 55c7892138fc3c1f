package linux

import (
	"cmp"
	"slices"
)

// Zombies lists the processes that have ended and that nobody has waited for
// yet, by number.
func (k *Kernel) Zombies() []*Process {
	var l []*Process
	for _, p := range k.procs {
		if p.isZombie() {
			l = append(l, p)
		}
	}
	slices.SortFunc(l, func(a, b *Process) int { return cmp.Compare(a.PID, b.PID) })
	return l
}
