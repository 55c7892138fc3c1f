package kprobes

import (
	"fmt"

	"trapline/emu"
	"trapline/traps"
)

// Instances of return probes: one for each call that is under way. Free ones
// hang on their struct kretprobe, those that are out on their task's list, all
// of it in guest memory (E7).

// kretprobeOps are the micro-steps of return probes.
func (e *common) kretprobeOps() map[string]traps.Op {
	return map[string]traps.Op{
		"get_free_instance":     e.getFreeInstance,
		"prepare_return":        e.prepareReturn,
		"next_instance":         e.nextInstance,
		"recycle_instance":      e.recycleInstance,
		"init_instances":        e.initInstances,
		"orphan_instances":      e.orphanInstances,
		"return_handler_action": e.returnAction,
	}
}

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

// taskOf is current: its thread_info.
func taskOf(x *traps.Exec) uint64 { return x.K.Layout.ThreadInfo(x.C.ID) }

// instanceHead is the list that a task's instances are on: a bucket of a hash
// table in 2005, the task's own later.
func (e *common) instanceHead(x *traps.Exec) uint64 {
	n := uint64(x.C.ID)
	if !e.percpu {
		n = bucket(x.M.Arch, taskOf(x))
	}
	return x.K.Symbol("kretprobe_inst_table") + n*uint64(x.M.Arch.Word())
}

// firstInstance is the task's newest instance, 0 when it has none.
func (e *common) firstInstance(x *traps.Exec, after uint64) uint64 {
	for n := 0; after != 0 && n < MaxMaxActive*activeSlots; n++ {
		if e.kri(x, after, kriTask) == taskOf(x) {
			return after
		}
		after = e.kri(x, after, kriNext)
	}
	return 0
}

func (e *common) getFreeInstance(x *traps.Exec) traps.Result {
	ri := e.kri(x, x.Probe, krpFree)
	x.Return(ri)
	i := e.g.index(x.Probe)
	if e.get(x, ctlCurrent) != x.Probe {
		e.g.add(i, Hits) // called by a gathering probe
	}
	if ri == 0 {
		e.g.add(i, Nmissed)
		e.setKRI(x, x.Probe, krpNmissed, e.kri(x, x.Probe, krpNmissed)+1)
		x.M.Note(emu.Note{Kind: NoteMissed, ID: "E7", Text: "nmissed", Addr: e.addr(x)})
		x.Sayf("E7", func() string {
			return fmt.Sprintf("all %d instances are out: nmissed goes up, this call returns unseen", e.kri(x, x.Probe, krpMaxActive))
		})
		return traps.Next
	}
	e.setKRI(x, x.Probe, krpFree, e.kri(x, ri, kriNext))
	x.Say("E7", "an instance is taken for this call")
	return traps.Next
}

// prepareReturn is arch_prepare_kretprobe: the function will return to the
// trampoline, and the instance keeps where it should.
func (e *common) prepareReturn(x *traps.Exec) traps.Result {
	ri, sp := x.Arg(), x.Regs.Reg(emu.RSP)
	ret := e.peek(x, sp)
	e.setKRI(x, ri, kriRP, x.Probe)
	e.setKRI(x, ri, kriRet, ret)
	e.setKRI(x, ri, kriTask, taskOf(x))
	e.setKRI(x, ri, kriFP, sp)
	e.write(x, sp, x.K.Symbol("kretprobe_trampoline"))
	head := e.instanceHead(x)
	e.setKRI(x, ri, kriNext, e.peek(x, head))
	e.write(x, head, ri)
	x.Sayf("E7", func() string {
		return fmt.Sprintf("the return address on the stack, %s, is kept in the instance and replaced by kretprobe_trampoline", x.K.Name(ret))
	})
	return traps.Next
}

func (e *common) nextInstance(x *traps.Exec) traps.Result {
	ri := e.firstInstance(x, e.peek(x, e.instanceHead(x)))
	if ri == 0 {
		x.C.Shutdown = "BUG: a function returned to kretprobe_trampoline, but its task has no instance"
		return traps.Spin
	}
	x.C.SetReg(emu.RBX, ri)
	x.Say("E7", "the task's newest instance is the call that returns now")
	return traps.Next
}

// recycleInstance takes the instance off its list and gives it back, unless
// its probe is gone.
func (e *common) recycleInstance(x *traps.Exec) traps.Result {
	ri := x.C.Reg(emu.RBX)
	ret, rp := e.kri(x, ri, kriRet), e.kri(x, ri, kriRP)
	at := e.instanceHead(x)
	for n := 0; n < MaxMaxActive*activeSlots && e.peek(x, at) != ri && e.peek(x, at) != 0; n++ {
		at = e.peek(x, at) // kriNext is the first word
	}
	e.write(x, at, e.kri(x, ri, kriNext))
	e.setKRI(x, ri, kriTask, 0)
	x.Return(ret)
	if rp == 0 {
		x.Say("E7", "the probe was unregistered meanwhile: the instance is freed, no handler ran")
		return traps.Next
	}
	e.setKRI(x, ri, kriNext, e.kri(x, rp, krpFree))
	e.setKRI(x, rp, krpFree, ri)
	x.Sayf("E7", func() string {
		return fmt.Sprintf("the instance is free again; it kept the return address %s", x.K.Name(ret))
	})
	return traps.Next
}

// initInstances is the allocating part of register_kretprobe: a new set, beside
// the instances of an earlier registration that are still out.
func (e *common) initInstances(x *traps.Exec) traps.Result {
	n, made := e.kri(x, x.Probe, krpMaxActive), uint64(0)
	first, last := uint64(0), uint64(0)
	e.eachInstance(x, func(ri uint64) bool {
		if e.kri(x, ri, kriTask) != 0 {
			return true
		}
		if made++; last == 0 {
			first = ri
		} else {
			e.setKRI(x, last, kriNext, ri)
		}
		last = ri
		e.setKRI(x, ri, kriNext, 0)
		return made < n
	})
	e.setKRI(x, x.Probe, krpFree, first)
	e.setKRI(x, x.Probe, krpNmissed, 0)
	x.Sayf("E7", func() string {
		return fmt.Sprintf("%d instances are made: so many calls can be under way at once", made)
	})
	return traps.Next
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
func (e *common) orphanInstances(x *traps.Exec) traps.Result {
	out := 0
	e.eachInstance(x, func(ri uint64) bool {
		if e.kri(x, ri, kriTask) != 0 && e.kri(x, ri, kriRP) == x.Probe {
			e.setKRI(x, ri, kriRP, 0)
			out++
		}
		return true
	})
	e.setKRI(x, x.Probe, krpFree, 0)
	x.Sayf("E7", func() string {
		return fmt.Sprintf("%d calls are under way: they will return through the trampoline, to no handler", out)
	})
	return traps.Next
}
