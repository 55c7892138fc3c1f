//go:build linux && amd64

package native

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"trapline/internal/rigs/silicon"
)

// Processor runs programs of one mode on the real processor. It implements
// silicon.Runner and silicon.TrapRunner, and may be used from any goroutine;
// calls run one after the other. Close it to end the child process.
type Processor struct {
	mode  silicon.Mode
	calls chan func(*child)
}

// Open starts a child process in mode. The error wraps ErrUnavailable when this
// machine does not allow it.
func Open(mode silicon.Mode) (*Processor, error) {
	p := &Processor{mode: mode, calls: make(chan func(*child))}
	started := make(chan error)
	go func() {
		// ptrace binds the child to one OS thread; it ends with this goroutine.
		runtime.LockOSThread()
		shareCPU()
		c, err := start(mode)
		started <- err
		if err != nil {
			return
		}
		for call := range p.calls {
			call(c)
		}
		c.kill()
	}()
	return p, <-started
}

// shareCPU keeps this thread, and the child that will inherit it, on the CPU it is on:
// parent and child take turns, and waking another CPU for each step costs three times as much.
// It is an optimisation only, so a refusal is ignored.
func shareCPU() {
	var cpu uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return
	}
	var set unix.CPUSet
	set.Set(int(cpu))
	_ = unix.SchedSetaffinity(0, &set)
}

// Close ends the child. The Processor must not be used afterwards.
func (p *Processor) Close() { close(p.calls) }

// Run implements silicon.Runner.
func (p *Processor) Run(prog *silicon.Program, maxSteps int) (steps []silicon.Step, err error) {
	if prog.Mode != p.mode {
		return nil, fmt.Errorf("native: a %s program given to a %s processor", prog.Mode, p.mode)
	}
	done := make(chan struct{})
	p.calls <- func(c *child) {
		defer close(done)
		steps, err = c.run(prog, maxSteps)
	}
	<-done
	return steps, err
}

// RunTraps implements silicon.TrapRunner.
func (p *Processor) RunTraps(prog *silicon.Program, maxTraps int) (traps []silicon.Trap, err error) {
	if prog.Mode != p.mode {
		return nil, fmt.Errorf("native: a %s program given to a %s processor", prog.Mode, p.mode)
	}
	done := make(chan struct{})
	p.calls <- func(c *child) {
		defer close(done)
		traps, err = c.runTraps(prog, maxTraps)
	}
	<-done
	return traps, err
}

// load gives the child the program's memory and registers, and returns that memory.
func (c *child) load(p *silicon.Program) (silicon.Memory, error) {
	m, err := p.Memory()
	if err != nil {
		return m, err
	}
	if err := c.setLDT(p.LDT); err != nil {
		return m, err
	}
	if err := c.setCode(m.Code); err != nil {
		return m, err
	}
	if err := c.copyMemory(unix.ProcessVMWritev, m.Data, m.Stack); err != nil {
		return m, err
	}
	return m, c.setState(&p.Init)
}

// run steps the program.
func (c *child) run(p *silicon.Program, maxSteps int) ([]silicon.Step, error) {
	before, err := c.load(p)
	if err != nil {
		return nil, err
	}
	after := silicon.Memory{
		Data:  make([]byte, len(before.Data)),
		Stack: make([]byte, len(before.Stack)),
	}
	var steps []silicon.Step
	for pc := p.Init.RIP; pc != p.Stop && len(steps) < maxSteps; {
		s := silicon.Step{PC: pc}
		if s.Signal, err = c.step(); err != nil {
			return nil, err
		}
		if err := c.state(&s.State); err != nil {
			return nil, err
		}
		s.State.RFLAGS &^= silicon.TF // once a POPF was stepped, the kernel takes it for the program's
		if err := c.copyMemory(unix.ProcessVMReadv, after.Data, after.Stack); err != nil {
			return nil, err
		}
		if silicon.IsPushFlags(p.Mode, before.Code, pc) && s.Signal == (silicon.Signal{}) {
			if err := c.hideTrapFlag(s.State.GPR[silicon.RSP], after); err != nil {
				return nil, err
			}
		}
		s.Changes = silicon.AppendChanges(nil, silicon.DataBase, before.Data, after.Data)
		s.Changes = silicon.AppendChanges(s.Changes, p.Mode.StackBase(), before.Stack, after.Stack)
		steps = append(steps, s)
		if s.Signal != (silicon.Signal{}) {
			break
		}
		pc = s.State.RIP
		before.Data, after.Data = after.Data, before.Data
		before.Stack, after.Stack = after.Stack, before.Stack
	}
	return steps, nil
}

// step executes one instruction. The single-step trap itself is no signal.
func (c *child) step() (silicon.Signal, error) {
	stop, err := c.resume(ptraceSysemuSingle)
	if err != nil {
		return silicon.Signal{}, err
	}
	if stop == syscall.SIGTRAP|systemCallStop {
		// Leave the system call, which was skipped, so that the child is steppable again.
		if _, err := c.resume(unix.PTRACE_SINGLESTEP); err != nil {
			return silicon.Signal{}, err
		}
		return silicon.Signal{Number: silicon.SIGSYS, Code: silicon.CodeSystemCall}, nil
	}
	signal, err := c.signal(stop)
	if signal.Number == silicon.SIGTRAP && signal.Code == silicon.CodeTrace {
		return silicon.Signal{}, err
	}
	return signal, err
}

// hideTrapFlag clears TF in the flags image that PUSHF has just stored at top:
// the processor was stepped with TF set (SEMANTICS P10), the program did not set it.
func (c *child) hideTrapFlag(top uint64, m silicon.Memory) error {
	const tfByte, tfBit = 1, byte(silicon.TF >> 8)
	at := top + tfByte
	switch stack := c.mode.StackBase(); {
	case at-stack < silicon.StackSize:
		m.Stack[at-stack] &^= tfBit
	case at-silicon.DataBase < silicon.DataSize:
		m.Data[at-silicon.DataBase] &^= tfBit
	}
	return c.copyMemory(unix.ProcessVMWritev, m.Data, m.Stack)
}

// runTraps lets the program run and collects its traps.
func (c *child) runTraps(p *silicon.Program, maxTraps int) ([]silicon.Trap, error) {
	m, err := c.load(p)
	if err != nil {
		return nil, err
	}
	var traps []silicon.Trap
	for len(traps) < maxTraps {
		stop, err := c.resume(unix.PTRACE_CONT)
		if err != nil {
			return nil, err
		}
		var t silicon.Trap
		if t.Signal, err = c.signal(stop); err != nil {
			return nil, err
		}
		if err := c.state(&t.State); err != nil {
			return nil, err
		}
		if t.Signal.Number == silicon.SIGTRAP && t.State.RIP == p.Stop+1 {
			break // the INT3 at Stop
		}
		if err := c.copyMemory(unix.ProcessVMReadv, m.Data, m.Stack); err != nil {
			return nil, err
		}
		t.Top = silicon.TopOfStack(p.Mode, m.Stack, t.State.GPR[silicon.RSP])
		traps = append(traps, t)
		if t.Signal.Number != silicon.SIGTRAP {
			break
		}
	}
	return traps, nil
}
