package linux

import "trapline/internal/emu"

// Watcher sees parts of a Run in single steps, micro-steps among them, while the rest runs freely.
type Watcher interface {
	// Watches is asked before an instruction that cannot be run freely, such as a breakpoint, when a thread gets a
	// vCPU, and after each watched step. While it says yes the thread's steps are watched.
	Watches(t *Thread) bool
	// Watched follows a watched step of t. The event is valid until the next one.
	Watched(t *Thread, ev *emu.Event)
}

func (k *Kernel) watches(t *Thread) bool {
	return k.cfg.Watch != nil && t != nil && k.cfg.Watch.Watches(t)
}

// watch makes the steps of the thread on vCPU id that are watched, as long as it stays there.
func (k *Kernel) watch(id int) {
	k.fast = false
	defer func() { k.fast = true }()
	for t := k.current[id]; k.current[id] == t && k.watches(t) && !k.Done() && k.m.Err() == nil; {
		k.cfg.Watch.Watched(t, k.m.Step(id))
		k.m.Drain(id)
	}
}
