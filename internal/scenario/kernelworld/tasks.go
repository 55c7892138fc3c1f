package kernelworld

import (
	"slices"
	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/kprobes/props"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// startTasks puts the tasks on their vCPUs; a program has its calls on cpu 0.
func (b *builder) startTasks() error {
	for i := range b.file.Tasks {
		if err := b.startTask(&b.file.Tasks[i]); err != nil {
			return err
		}
	}
	return nil
}

// taskEntry is where a task starts.
func (b *builder) taskEntry(t *format.Task) (uint64, error) {
	if len(t.Calls) > 0 {
		return b.writeCalls(t)
	}
	return world.EvalAt(b.file, t.At, b.world.Symbols)
}

func (b *builder) startTask(t *format.Task) error {
	at, err := b.taskEntry(t)
	if err != nil {
		return err
	}
	var sp uint64
	switch {
	case t.Stack != nil:
		if sp, err = world.EvalAt(b.file, *t.Stack, b.world.Symbols); err != nil {
			return err
		}
	case t.Ring == 3:
		if sp, err = b.userStack(t.CPU); err != nil {
			return err
		}
	}
	c := b.world.Machine.CPUs[t.CPU]
	task := traps.Task{Name: t.Name(), Ptraced: t.Signals == "continue"}
	if err := b.world.Kernel.Start(t.CPU, task, t.Ring, at, sp); err != nil {
		return t.Pos.Error(b.file.Name, "", "%v", err)
	}
	if t.Flags != nil {
		c.RFLAGS = x86.FlagsFixed
		for _, f := range x86.FlagNames {
			if slices.Contains(t.Flags, f.Name) {
				c.RFLAGS |= f.Bit
			}
		}
	}
	for _, v := range t.Regs {
		value, err := world.EvalAt(b.file, v.Value, b.world.Symbols)
		if err != nil {
			return err
		}
		reg, err := x86.ParseReg(b.world.Machine.Arch, v.Name)
		if err != nil {
			return v.Pos.Error(b.file.Name, "", "%v", err)
		}
		c.SetReg(reg, value)
	}
	return nil
}

// Ring 3 stacks: one of userStackSize bytes for each vCPU, with a page of
// code above them that a task returns to.
const (
	userStackTop32 = 0xbfff0000
	userStackTop64 = 0x00007fffffff0000
	userStackSize  = 16 << 10
)

// userStack makes the stack of a ring 3 task. The return address on it is a
// call of exit, so that a function can be a task.
func (b *builder) userStack(cpu int) (uint64, error) {
	r := b.world
	top, exit := uint64(userStackTop32), []byte{0xb8, 1, 0, 0, 0, 0xcd, 0x80} // mov $1,%eax; int $0x80
	if r.Machine.Arch == x86.AMD64 {
		top, exit = userStackTop64, []byte{0xb8, 60, 0, 0, 0, 0xcd, 0x80}
	}
	if _, there := b.space.Lookup(top); !there {
		if err := r.Kernel.MapZero(b.space, top, emu.PageSize, emu.Exec|emu.User); err != nil {
			return 0, err
		}
		if err := r.Machine.WriteBytes(b.space, top, exit); err != nil {
			return 0, err
		}
		r.Symbols.Own.Add(loader.Symbol{Name: "task_return", Addr: top, Size: uint64(len(exit)), Kind: loader.Function})
		if err := b.joinSymbols(); err != nil {
			return 0, err
		}
	}
	stack := top - uint64(cpu)*2*userStackSize
	if err := r.Kernel.MapZero(b.space, stack-userStackSize, userStackSize, emu.Write|emu.User); err != nil {
		return 0, err
	}
	word := r.Machine.Arch.Word()
	sp := stack - 2*uint64(word)
	r.Machine.PokeWord(b.space, sp, word, top)
	r.stacks[cpu] = props.Range{Low: stack - userStackSize, High: stack}
	return sp, nil
}
