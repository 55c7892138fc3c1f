package silicon

import "encoding/binary"

// Flags images for POPF and IRET, with IF and bit 1 as user code always has them.
const (
	traced   = TF | IF | FlagOne
	untraced = IF | FlagOne
)

// trapCase is one program in either mode. Its code starts with whatever sets TF and
// ends with whatever clears it; the words are what the stack pointer points at.
type trapCase struct {
	name, id string
	mode     Mode // zero: both
	code     []byte
	words    []uint64
	init     func(*State)
	want     []ExpectedTrap
}

// after expects a single-step trap with each of these offsets next.
func after(offsets ...int) []ExpectedTrap {
	var want []ExpectedTrap
	for _, o := range offsets {
		want = append(want, ExpectedTrap{o, SIGTRAP, CodeTrace})
	}
	return want
}

// then appends another signal and the single-step traps after it.
func then(want []ExpectedTrap, offset, number, code int, offsets ...int) []ExpectedTrap {
	want = append(want, ExpectedTrap{offset, number, code})
	return append(want, after(offsets...)...)
}

// noSuchCall is a system call number that the kernel answers with ENOSYS.
const noSuchCall = 0xffff

// nonCanonical is the lowest address that is none in 64-bit mode.
const nonCanonical = 1 << 47

// trapCases in the order of SEMANTICS.md. In the code, 9d is POPF and 90 is NOP.
// INT1 (F1) is not among them: some hypervisors that emulate it on AMD processors report it
// with RIP at the instruction, others behind it.
var trapCases = []trapCase{
	{
		name: "popf sets TF, popf clears it", id: "P6",
		code: []byte{0x9d, 0x90, 0x90, 0x9d, 0x90}, words: []uint64{traced, untraced},
		want: after(2, 3, 4),
	},
	{
		name: "popf of an image with TF while TF is set", id: "P6",
		code: []byte{0x9d, 0x9d, 0x90, 0x9d}, words: []uint64{traced, traced, untraced},
		want: after(2, 3, 4),
	},
	{
		name: "TF set before the first instruction", id: "P6",
		code: []byte{0x90, 0x9d, 0x90}, words: []uint64{untraced},
		init: func(s *State) { s.RFLAGS |= TF },
		want: after(1, 2),
	},
	{
		name: "a taken jump", id: "P6",
		code: []byte{0x9d, 0xeb, 0x01, 0x90, 0x90, 0x9d}, words: []uint64{traced, untraced},
		want: after(4, 5, 6),
	},
	{
		name: "call and ret", id: "P6", // call 3: ret; nop; popf
		code: []byte{0x9d, 0xe8, 0x03, 0x00, 0x00, 0x00, 0x90, 0xeb, 0x01, 0xc3, 0x9d}, words: []uint64{traced, untraced},
		want: after(9, 6, 7, 10, 11),
	},
	{
		name: "ud2 raises no single-step trap first", id: "P6",
		code: []byte{0x9d, 0x90, 0x0f, 0x0b}, words: []uint64{traced},
		want: then(after(2), 2, SIGILL, CodeBadOperand),
	},
	{
		name: "division by zero raises no single-step trap first", id: "P6",
		code: []byte{0x9d, 0x31, 0xc9, 0xf7, 0xf1}, words: []uint64{traced},
		want: then(after(3), 3, SIGFPE, CodeIntDivide),
	},
	{
		name: "jmp to a non-canonical address raises no single-step trap", id: "P11", mode: Mode64,
		code: []byte{0x9d, 0x90, 0xff, 0xe0}, words: []uint64{traced},
		init: func(s *State) { s.GPR[RAX] = nonCanonical },
		want: then(after(2), 2, SIGSEGV, CodeKernel),
	},
	{
		name: "call to a non-canonical address pushes nothing", id: "P11", mode: Mode64,
		code: []byte{0x9d, 0x90, 0xff, 0xd0}, words: []uint64{traced},
		init: func(s *State) { s.GPR[RAX] = nonCanonical },
		want: then(after(2), 2, SIGSEGV, CodeKernel),
	},
	{
		name: "ret to a non-canonical address pops nothing", id: "P11", mode: Mode64,
		code: []byte{0x9d, 0x90, 0xc2, 0x08, 0x00}, words: []uint64{traced, nonCanonical},
		want: then(after(2), 2, SIGSEGV, CodeKernel),
	},
	{
		name: "iretq to a non-canonical address", id: "P11", mode: Mode64,
		code: []byte{0x9d, 0x48, 0xcf}, words: []uint64{traced, nonCanonical, 0x33, untraced, trapStack64, 0x2b},
		want: then(nil, 1, SIGSEGV, CodeKernel),
	},
	{
		name: "lretq to a non-canonical address", id: "P11", mode: Mode64,
		code: []byte{0x9d, 0x48, 0xcb}, words: []uint64{traced, nonCanonical, 0x33},
		want: then(nil, 1, SIGSEGV, CodeKernel),
	},
	{
		name: "sti is not allowed", id: "P11",
		code: []byte{0x9d, 0x90, 0xfb}, words: []uint64{traced},
		want: then(after(2), 2, SIGSEGV, CodeKernel),
	},
	{
		name: "iret sets TF", id: "P6", mode: Mode32,
		code: []byte{0xcf, 0x90, 0x9d}, words: []uint64{CodeBase + 1, 0x23, traced, untraced},
		want: after(2, 3),
	},
	{
		name: "iret clears TF", id: "P6", mode: Mode32,
		code: []byte{0x9d, 0xcf, 0x90}, words: []uint64{traced, CodeBase + 2, 0x23, untraced},
		want: after(2),
	},
	{
		name: "iretq sets TF", id: "P6", mode: Mode64, // the frame gives back the stack pointer behind it
		code: []byte{0x48, 0xcf, 0x90, 0x9d}, words: []uint64{CodeBase + 2, 0x33, traced, trapStack64 + 40, 0x2b, untraced},
		want: after(3, 4),
	},
	{
		name: "iretq clears TF", id: "P6", mode: Mode64,
		code:  []byte{0x9d, 0x48, 0xcf, 0x90},
		words: []uint64{traced, CodeBase + 3, 0x33, untraced, trapStack64, 0x2b},
		want:  after(3),
	},
	{
		name: "mov ss", id: "P7", // mov eax, ss; popf; nop; mov ss, eax; nop; nop; popf
		code: []byte{0x8c, 0xd0, 0x9d, 0x90, 0x8e, 0xd0, 0x90, 0x90, 0x9d}, words: []uint64{traced, untraced},
		want: after(4, 7, 8, 9),
	},
	{
		name: "pop ss", id: "P7", mode: Mode32,
		code: []byte{0x9d, 0x17, 0x90, 0x90, 0x9d}, words: []uint64{traced, 0x2b, untraced},
		want: after(3, 4, 5),
	},
	{
		name: "rep movsb, three iterations", id: "P8",
		code: []byte{0x9d, 0xf3, 0xa4, 0x90, 0x9d}, words: []uint64{traced, untraced},
		init: func(s *State) { s.GPR[RCX], s.GPR[RSI], s.GPR[RDI] = 3, DataBase, DataBase+64 },
		want: after(1, 1, 3, 4, 5),
	},
	{
		name: "rep movsb, no iteration", id: "P8",
		code: []byte{0x9d, 0xf3, 0xa4, 0x90, 0x9d}, words: []uint64{traced, untraced},
		init: func(s *State) { s.GPR[RCX], s.GPR[RSI], s.GPR[RDI] = 0, DataBase, DataBase+64 },
		want: after(3, 4, 5),
	},
	{
		name: "repne scasb that ends early", id: "P8", // al is 0 and so is the data
		code: []byte{0x9d, 0xf2, 0xae, 0x9d}, words: []uint64{traced, untraced},
		init: func(s *State) { s.GPR[RCX], s.GPR[RDI] = 5, DataBase },
		want: after(3, 4),
	},
	{
		name: "int3", id: "P9",
		code: []byte{0x9d, 0xcc, 0x90, 0x9d}, words: []uint64{traced, untraced},
		want: then(nil, 2, SIGTRAP, CodeKernel, 3, 4),
	},
	{
		name: "int 3", id: "P9",
		code: []byte{0x9d, 0xcd, 0x03, 0x90, 0x9d}, words: []uint64{traced, untraced},
		want: then(nil, 3, SIGTRAP, CodeKernel, 4, 5),
	},
	{
		name: "int 0x80", id: "P9",
		code: []byte{0x9d, 0xcd, 0x80, 0x90, 0x9d}, words: []uint64{traced, untraced},
		init: func(s *State) { s.GPR[RAX] = noSuchCall },
		want: after(4, 5),
	},
	{
		name: "into", id: "P9", mode: Mode32,
		code: []byte{0x9d, 0xce}, words: []uint64{traced | OF},
		want: then(nil, 2, SIGSEGV, CodeKernel),
	},
	{
		name: "syscall", id: "P9", mode: Mode64,
		code: []byte{0x9d, 0x0f, 0x05, 0x90, 0x9d}, words: []uint64{traced, untraced},
		init: func(s *State) { s.GPR[RAX] = noSuchCall },
		want: after(4, 5),
	},
	{
		name: "pushf", id: "P10", // pushf; lea rsp, [rsp+8] or esp+4; popf
		mode: Mode64,
		code: []byte{0x9d, 0x9c, 0x48, 0x8d, 0x64, 0x24, 0x08, 0x9d}, words: []uint64{traced, untraced},
		want: after(2, 7, 8),
	},
	{
		name: "pushf", id: "P10", mode: Mode32,
		code: []byte{0x9d, 0x9c, 0x8d, 0x64, 0x24, 0x04, 0x9d}, words: []uint64{traced, untraced},
		want: after(2, 6, 7),
	},
}

// trapStack is where the stack pointer of a trap program starts.
const (
	trapStackOffset = StackSize / 2
	trapStack64     = 0x7_0080_0000 + trapStackOffset
)

// TrapProgramsFor returns the programs that exist in mode m.
func TrapProgramsFor(m Mode) []TrapProgram {
	var programs []TrapProgram
	for _, c := range trapCases {
		if c.mode != 0 && c.mode != m {
			continue
		}
		p := &Program{
			Mode: m, Origin: CodeBase, Code: c.code, Stop: CodeBase + uint64(len(c.code)),
			Init: Reset(m), Stack: make([]byte, StackSize),
		}
		p.Init.GPR[RSP] = m.StackBase() + trapStackOffset
		for i, w := range c.words {
			if m == Mode32 {
				binary.LittleEndian.PutUint32(p.Stack[trapStackOffset+4*i:], uint32(w))
			} else {
				binary.LittleEndian.PutUint64(p.Stack[trapStackOffset+8*i:], w)
			}
		}
		if c.init != nil {
			c.init(&p.Init)
		}
		programs = append(programs, TrapProgram{Name: c.name, ID: c.id, Program: p, Want: c.want})
	}
	return programs
}
