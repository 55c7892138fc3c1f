package kernelworld

import (
	"fmt"

	"trapline/internal/format"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// stubHypercall is a micro-step in the code that a task's calls are written to.
type stubHypercall struct {
	offset   int
	name, in string // of the micro-step, and its kernel function
	op       traps.Op
}

// hypercall adds INT imm8 with its meaning.
func (s *stub) hypercall(name, in string, op traps.Op) {
	s.hypercalls = append(s.hypercalls, stubHypercall{len(s.code), name, in, op})
	s.put(0xcd, 0x81)
}

// writeEventCall writes a call that changes events or modules. What it makes of
// the event files is one step; each probe that it arms or takes out is then
// registered or unregistered by the kernel's own function, and a module's pages
// go when every CPU has been quiescent, where the engine has RCU. Without
// probes nothing happens but that modules come and go.
func (b *builder) writeEventCall(s *stub, c *format.TaskCall) {
	r := b.world
	switch c.Operation {
	case format.Echo:
		if b.world.WithoutProbes {
			return
		}
		s.hypercall("tracefs_write", "vfs_write", r.collecting("E4", c.String(), func() error { return r.Events.WriteFile(c.File, c.Text, !c.Append) }))
		b.writeProbeWork(s)
	case format.Insmod:
		s.hypercall("init_module", "load_module", r.collecting("E5", c.String(), func() error { return r.Events.LoadModule(c.Module) }))
		b.writeProbeWork(s)
	case format.Rmmod:
		s.hypercall("module_going", "delete_module", r.collecting("E5", c.String(), func() error { return r.Events.ModuleGoing(c.Module) }))
		b.writeProbeWork(s)
		if op, ok := r.Kernel.Op("synchronize_rcu"); ok {
			s.hypercall("synchronize_rcu", "free_module", op)
		} else if r.Kernel.HasSymbol("synchronize_rcu") {
			s.call(r.Kernel.Symbol("synchronize_rcu"))
		}
		s.hypercall("free_module", "free_module", r.collecting("E5", "the pages of "+c.Module+" go", func() error { return r.Events.FreeModule(c.Module) }))
	}
}

// collecting is a micro-step that changes the event files or modules. What the
// kernel refuses is told; the task goes on.
func (r *World) collecting(row, what string, do func() error) traps.Op {
	return func(x *traps.Exec) traps.Result {
		log := len(r.Events.Printk())
		err := r.Events.Collect(x.M, x.C.ID, do)
		r.noteOriginals()
		x.Sayf(row, func() string {
			if err != nil {
				return what + ": " + r.refusal(err, log)
			}
			return what
		})
		return traps.Next
	}
}

// writeProbeWork writes the loop in which the kernel's functions do to probes
// what Collect has left to them.
func (b *builder) writeProbeWork(s *stub) {
	r := b.world
	s.hypercall("probe_work", "kprobe_event", func(x *traps.Exec) traps.Result {
		function, probe, ok := r.Events.NextWork(x.C.ID)
		if !ok {
			x.Return(0)
			x.Say("", "no further probe is to be registered or unregistered")
			return traps.Next
		}
		x.C.SetReg(x86.RBX, r.Probes.Address(probe))
		x.Return(r.Kernel.Symbol(function))
		x.Sayf("E4", func() string { return fmt.Sprintf("%s(%s) comes next", function, r.Probes.Probes()[probe].Name) })
		return traps.Next
	})
	if s.arch == x86.AMD64 {
		s.put(0x48, 0x85, 0xc0) // test %rax,%rax
		s.put(0x74, 7)          // jz behind the loop
		s.put(0x48, 0x89, 0xdf) // mov %rbx,%rdi
		s.put(0xff, 0xd0)       // call *%rax
		s.put(0xeb, 0xf2)       // jmp to the hypercall
		return
	}
	s.put(0x85, 0xc0) // test %eax,%eax
	s.put(0x74, 6)    // jz behind the loop
	s.put(0x53)       // push %ebx
	s.put(0xff, 0xd0) // call *%eax
	s.put(0x59)       // pop %ecx
	s.put(0xeb, 0xf4) // jmp to the hypercall
}
