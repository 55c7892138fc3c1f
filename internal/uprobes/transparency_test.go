package uprobes

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/generate"
	"trapline/internal/rigs/silicon/simulated"
	"trapline/internal/x86"
)

// wantedCases is how many accepted instructions are compared in each mode.
const wantedCases = 20_000

// slotAddr is where copies are put: far from the program, and at another distance from page and cache line.
const slotAddr = silicon.CodeBase + silicon.CodeSize - SlotSize

// visible are the instructions whose step a program can tell by design: rcx after a system call is the slot's, and a
// far call's return frame is not put right.
const visible = insn.Syscall | insn.Sysenter | insn.CallFar

// TestU6TransparentAMD64 and TestU6TransparentI386 run every generated instruction that uprobes accept twice from one
// state: where it stands, and as uprobes run it. Registers, memory and signals must agree (U6-U9).
func TestU6TransparentAMD64(t *testing.T) { testTransparent(t, silicon.Mode64, insn.Mode64AMD) }

func TestU6TransparentI386(t *testing.T) { testTransparent(t, silicon.Mode32, insn.Mode32) }

func testTransparent(t *testing.T, mode silicon.Mode, m insn.Mode) {
	machine, err := simulated.Open(mode)
	require.NoError(t, err)
	defer machine.Close()
	g := generate.New(generate.Config{Mode: mode, Seed: 8, Groups: generate.AllGroups})
	methods := map[Method]int{}
	cases, refused, rewritten, bad := 0, 0, 0, 0
	for n := uint64(0); cases < wantedCases && bad < 20; n++ {
		seq := g.Sequence(n)
		steps, err := machine.Run(seq.Program, 64)
		require.NoError(t, err)
		run := &probedRun{machine: machine, mode: m, state: seq.Init}
		run.memory, err = seq.Memory()
		require.NoError(t, err)
		for i := range steps {
			got, in, err := run.step(steps[i].PC)
			require.NoError(t, err)
			if in == nil {
				refused++
			} else {
				cases++
				methods[in.Method]++
				if in.Fixups.Has(FixRIP) {
					rewritten++
				}
				if want := &steps[i]; !same(got, want) {
					bad++
					t.Errorf("%v: % x at %#x (%v)\ngot  %+v\nwant %+v", seq.Units, in.Original[:in.Len], want.PC, in, *got, *want)
				}
			}
			run.apply(&steps[i])
		}
	}
	t.Logf("%d cases, %d refused, %d rewritten, by method %v", cases, refused, rewritten, methods)
	require.Equal(t, m.Is64(), rewritten > 100)
	for _, m := range []Method{StepOutOfLine, EmulateBranch, EmulatePush} {
		require.Greater(t, methods[m], 40, m)
	}
}

func same(a, b *silicon.Step) bool {
	return a.State == b.State && a.Signal == b.Signal &&
		slices.EqualFunc(a.Changes, b.Changes, func(x, y silicon.Change) bool {
			return x.Addr == y.Addr && slices.Equal(x.Bytes, y.Bytes)
		})
}

// probedRun is a program before one of its instructions.
type probedRun struct {
	machine *simulated.Machine
	mode    insn.Mode
	state   silicon.State
	memory  silicon.Memory
}

// step does what uprobes do with the instruction at pc; a nil Instruction means that it cannot be probed, or that its
// step is visible.
func (r *probedRun) step(pc uint64) (*silicon.Step, *Instruction, error) {
	if pc-silicon.CodeBase >= silicon.CodeSize {
		return nil, nil, nil
	}
	code := r.memory.Code[pc-silicon.CodeBase:]
	in, errno := Analyze(code[:min(CodeSize, len(code))], r.mode)
	if errno != 0 {
		return nil, nil, nil
	}
	if d, err := insn.Decode(code, r.mode); err == nil && (d.Attr().Has(visible) || isXchgR8(d)) {
		return nil, nil, nil
	}
	s := &silicon.Step{PC: pc, State: r.state}
	core := emu.Core{GPR: r.state.GPR, RIP: pc, RFLAGS: r.state.RFLAGS}
	store := r.storeTo(s)
	if !in.Emulate(&core, store) {
		at := in.Begin(&core, pc, slotAddr)
		out, err := r.runSlot(in, &core)
		if err != nil {
			return nil, nil, err
		}
		*s = *out
		s.PC = pc
		core.GPR, core.RIP, core.RFLAGS = s.State.GPR, s.State.RIP, s.State.RFLAGS
		if s.Signal == (silicon.Signal{}) {
			at.Finish(&core, store)
		} else {
			at.Abort(&core)
			if s.Signal.Addr == slotAddr { // uprobe_get_trap_addr()
				s.Signal.Addr = pc
			}
		}
	}
	s.State.GPR, s.State.RIP, s.State.RFLAGS = core.GPR, core.RIP, core.RFLAGS
	return s, in, nil
}

// isXchgR8 tells xchg r8,rax and its narrower forms, 90 with REX.B, which the kernel takes for nop and skips.
func isXchgR8(in insn.Inst) bool {
	return in.Map == insn.OneByte && in.Opcode == opcodeNop && in.REX&insn.RexB != 0
}

// runSlot runs the copy. The runner's own way to step does not show TF.
func (r *probedRun) runSlot(in *Instruction, core *emu.Core) (*silicon.Step, error) {
	code := slices.Clone(r.memory.Code)
	copy(code[slotAddr-silicon.CodeBase:], in.Copy[:])
	state := r.state
	state.GPR, state.RIP, state.RFLAGS = core.GPR, core.RIP, core.RFLAGS&^x86.TF
	p := &silicon.Program{
		Mode: silicon.Mode32, Origin: silicon.CodeBase, Code: code, Init: state,
		Data: r.memory.Data, Stack: r.memory.Stack,
	}
	if r.mode.Is64() {
		p.Mode = silicon.Mode64
	}
	steps, err := r.machine.Run(p, 1)
	if err != nil {
		return nil, err
	}
	return &steps[0], nil
}

// storeTo is copy_to_user for a push, whose effect is added to the step's changes.
func (r *probedRun) storeTo(s *silicon.Step) Store {
	base := silicon.Mode64.StackBase()
	if !r.mode.Is64() {
		base = silicon.Mode32.StackBase()
	}
	regions := map[uint64][]byte{base: r.memory.Stack, silicon.DataBase: r.memory.Data}
	return func(va uint64, b []byte) bool {
		for base, content := range regions {
			if va < base || va-base > uint64(len(content)-len(b)) {
				continue
			}
			after := slices.Clone(content)
			for _, c := range s.Changes {
				if c.Addr >= base && c.Addr-base < uint64(len(after)) {
					copy(after[c.Addr-base:], c.Bytes)
				}
			}
			copy(after[va-base:], b)
			s.Changes = slices.DeleteFunc(s.Changes, func(c silicon.Change) bool {
				return c.Addr >= base && c.Addr-base < uint64(len(after))
			})
			s.Changes = silicon.AppendChanges(s.Changes, base, content, after)
			slices.SortFunc(s.Changes, func(a, b silicon.Change) int {
				return int(int64(a.Addr) - int64(b.Addr))
			})
			return true
		}
		return false
	}
}

// apply moves on behind a step of the original.
func (r *probedRun) apply(s *silicon.Step) {
	r.state = s.State
	for _, c := range s.Changes {
		if c.Addr-silicon.DataBase < silicon.DataSize {
			copy(r.memory.Data[c.Addr-silicon.DataBase:], c.Bytes)
			continue
		}
		base := silicon.Mode64.StackBase()
		if !r.mode.Is64() {
			base = silicon.Mode32.StackBase()
		}
		copy(r.memory.Stack[c.Addr-base:], c.Bytes)
	}
}
