package kprobes

import "trapline/internal/traps"

// Instances of return probes: one for each call that is under way. Free ones
// hang on their struct kretprobe, those that are out on their task's list, all
// of it in guest memory (E7). Guest code works on them; here is what is done to
// them outside guest time.

func (e *common) peek(x *traps.Exec, at uint64) uint64 {
	v, _ := x.M.PeekWord(x.C.Space, at, x.M.Arch.Word())
	return v
}

func (e *common) write(x *traps.Exec, at, v uint64) {
	x.M.PokeWord(x.C.Space, at, x.M.Arch.Word(), v)
}

// kri reads a word of an instance, or of the struct kretprobe at that address.
func (e *common) kri(x *traps.Exec, at uint64, field int) uint64 {
	return e.peek(x, at+uint64(field*x.M.Arch.Word()))
}

func (e *common) setKRI(x *traps.Exec, at uint64, field int, v uint64) {
	e.write(x, at+uint64(field*x.M.Arch.Word()), v)
}

// initInstances is the allocating part of register_kretprobe: a new set, beside
// the instances of an earlier registration that are still out.
func (e *common) initInstances(x *traps.Exec) {
	left := e.kri(x, x.Probe, krpMaxActive)
	link := x.Probe + uint64(krpFree*x.M.Arch.Word()) // of the last one
	e.write(x, link, 0)
	e.eachInstance(x, func(ri uint64) bool {
		if e.kri(x, ri, kriTask) == 0 {
			e.setKRI(x, ri, kriNext, 0)
			e.setKRI(x, ri, kriRefs, 1)
			e.write(x, link, ri)
			link, left = ri, left-1
		}
		return left > 0
	})
	e.setKRI(x, x.Probe, krpNmissed, 0)
}

// eachInstance goes through the room that the probe has for instances, until
// see says false.
func (e *common) eachInstance(x *traps.Exec, see func(ri uint64) bool) {
	pool, n := e.kri(x, x.Probe, krpPool), kriSets*e.kri(x, x.Probe, krpMaxActive)
	size := uint64(kriWords * x.M.Arch.Word())
	for i := uint64(0); i < n && see(pool+i*size); i++ {
	}
}

// orphanInstances is the end of unregister_kretprobe: calls that are under way
// must still find their way back, but not to the handler.
func (e *common) orphanInstances(x *traps.Exec) {
	e.eachInstance(x, func(ri uint64) bool {
		if e.kri(x, ri, kriTask) != 0 && e.kri(x, ri, kriRP) == x.Probe {
			e.setKRI(x, ri, kriRP, 0)
		}
		return true
	})
	e.setKRI(x, x.Probe, krpFree, 0)
}
