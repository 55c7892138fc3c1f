package judge

import (
	"encoding/binary"
	"fmt"

	"trapline/emu"
	"trapline/emu/loader"
	"trapline/kprobes"
	"trapline/traps"
)

// side is a machine under one of the texts that are compared.
type side struct {
	m *emu.Machine
	k *traps.Kernel
	g *kprobes.Manager // nil: the seed's text
}

// text makes kernels of one text.
type text struct {
	name   string
	direct bool // micro-steps in place of kernel text
	boot   func(m *emu.Machine) (*side, error)
}

// ourText is the engine's text, or its micro-steps.
func ourText(engine string, direct bool) text {
	name := engine
	if direct {
		name += ", micro-steps"
	}
	return text{name, direct, func(m *emu.Machine) (*side, error) {
		g, err := kprobes.Boot(m, engine)
		if err != nil {
			return nil, err
		}
		return &side{m, g.K, g}, g.K.SetDirect(direct)
	}}
}

// seedText is a kernel of the seed's text.
func seedText(name string, img *loader.Image) text {
	return text{name, false, func(m *emu.Machine) (*side, error) {
		k, err := traps.Boot(m, traps.Options{Image: img, Engine: locks{}, Traits: traps.Traits{ProbeGates: true, UserDebugGate: true}})
		if err != nil {
			return nil, err
		}
		s := &side{m: m, k: k}
		_, err = s.call("init_kprobes")
		return s, err
	}}
}

// locks are the micro-steps that the shim has beside the stock kernel's.
type locks struct{}

func (locks) Name() string { return "seed" }

func (locks) Ops() map[string]traps.Op {
	return map[string]traps.Op{
		"spin_lock":        spinLock,
		"preempt_schedule": preemptSchedule,
	}
}

// spinLock takes the lock at ebx.
func spinLock(x *traps.Exec) traps.Result {
	at := x.C.Reg(emu.RBX)
	if owner, _ := x.M.PeekWord(x.C.Space, at, 4); owner != 0 {
		x.Micro.Holds = x.K.Name(at)
		return traps.Spin
	}
	x.M.PokeWord(x.C.Space, at, 4, uint64(x.C.ID+1))
	return traps.Next
}

// preemptSchedule is a visit to the scheduler.
func preemptSchedule(x *traps.Exec) traps.Result {
	x.K.SetNeedResched(x.C, false)
	return traps.Next
}

// maxCall bounds the steps of a call.
const maxCall = 5000

// call runs a kernel function on vCPU 0 to its end, before anything else runs,
// and returns eax.
func (s *side) call(function string, args ...uint32) (uint32, error) {
	c := s.m.CPUs[0]
	if err := s.k.Start(0, traps.Task{}, 0, s.k.Symbol(function), 0); err != nil {
		return 0, err
	}
	for i, a := range args {
		s.poke(c.GPR[emu.RSP]+4+4*uint64(i), a)
	}
	for range maxCall {
		if s.m.Step(0); c.Shutdown != "" {
			break
		}
	}
	if c.Shutdown != traps.TaskDone {
		return 0, fmt.Errorf("%s ends in %q", function, c.Shutdown)
	}
	result := uint32(c.GPR[emu.RAX])
	s.rest(c)
	return result, nil
}

// rest makes a vCPU as it was before it ran anything.
func (s *side) rest(c *emu.CPU) {
	c.Shutdown, c.Halted = "", true
	clear(c.GPR[:])
	c.RFLAGS = 2
	top := s.k.Layout.StackTop(c.ID)
	zero := make([]byte, 1024)
	if err := s.m.WriteBytes(c.Space, top-uint64(len(zero)), zero); err != nil {
		panic(err)
	}
}

func (s *side) poke(at uint64, v uint32) {
	if !s.m.PokeWord(s.m.CPUs[0].Space, at, 4, uint64(v)) {
		panic(fmt.Sprintf("nothing at %#x", at))
	}
}

func (s *side) peek(at uint64) uint32 {
	var b [4]byte
	s.m.CPUs[0].Space.Peek(at, b[:])
	return binary.LittleEndian.Uint32(b[:])
}

func (s *side) peekByte(at uint64) byte {
	var b [1]byte
	s.m.CPUs[0].Space.Peek(at, b[:])
	return b[0]
}

// word is a kernel variable.
func (s *side) word(name string) uint32 { return s.peek(s.k.Symbol(name)) }

// probe is the address of struct kprobe number i.
func (s *side) probe(i int) uint64 { return s.k.Symbol("kprobe_pool") + uint64(i)*kprobeSize }

// struct kprobe of the 2002 patch.
const (
	kprobeSize   = 32
	kprobeAddr   = 8
	kprobePre    = 12
	kprobePost   = 16
	kprobeFault  = 20
	kprobeOpcode = 24
)
