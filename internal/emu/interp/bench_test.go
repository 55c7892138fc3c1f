package interp_test

import (
	"testing"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// loop is 64-bit code that sums an array and writes it back.
var loop = []byte{
	0x48, 0x8b, 0x04, 0x0b, // mov (%rbx,%rcx),%rax
	0x48, 0x01, 0xc2, // add %rax,%rdx
	0x48, 0x83, 0xc0, 0x01, // add $1,%rax
	0x48, 0x89, 0x04, 0x0b, // mov %rax,(%rbx,%rcx)
	0x48, 0x31, 0xd6, // xor %rdx,%rsi
	0x48, 0x83, 0xe9, 0x08, // sub $8,%rcx
	0x75, 0xe8, // jne loop
}

// flatMemory is memory without checks but that of its bounds.
type flatMemory struct{ words [1024]uint64 }

func (m *flatMemory) Load(_ uint8, offset uint64, _ uint8) (uint64, bool) {
	return m.words[offset/8%1024], true
}
func (m *flatMemory) LoadToStore(seg uint8, offset uint64, size uint8) (uint64, bool) {
	return m.Load(seg, offset, size)
}
func (m *flatMemory) Store(_ uint8, offset uint64, _ uint8, v uint64) bool {
	m.words[offset/8%1024] = v
	return true
}
func (m *flatMemory) Probe(uint8, uint64, uint8, bool) bool { return true }

// BenchmarkRun is interpreting alone: instructions prepared, memory without paging.
func BenchmarkRun(b *testing.B) {
	ops := make([]interp.Op, len(loop))
	for at := 0; at < len(loop); {
		in, err := insn.Decode(loop[at:], insn.Mode64)
		if err != nil {
			b.Fatal(err)
		}
		ops[at], _ = interp.Prepare(&in)
		at += in.Len
	}
	var c regs.Core
	c.Code64 = 1
	m := new(flatMemory)
	b.ReportAllocs()
	for b.Loop() {
		if c.RIP == uint64(len(loop)) {
			c.RIP, c.GPR[x86.RCX] = 0, 8000
		}
		if ops[c.RIP].Run(&c, m) != interp.Done {
			b.Fatal("fault")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "M/s")
}
