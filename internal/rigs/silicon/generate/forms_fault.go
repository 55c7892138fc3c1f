package generate

// faults are instructions that raise an exception in a user process: undefined opcodes,
// privileged instructions, and software interrupts whose gates user code may not use.
var faults = []struct {
	name string
	in   modes
	code []byte
}{
	{"ud2", bothModes, []byte{0x0f, 0x0b}},
	{"undefined 0f 04", bothModes, []byte{0x0f, 0x04}},
	{"undefined ff /7", bothModes, []byte{0xff, 0xf8}},
	{"undefined fe /2", bothModes, []byte{0xfe, 0xd0}},
	{"lcall of a register", bothModes, []byte{0xff, 0xd8}},
	{"ljmp to a register", bothModes, []byte{0xff, 0xe8}},
	{"lea of a register", bothModes, []byte{0x8d, 0xc0}},
	{"mov to cs", bothModes, []byte{0x8e, 0xc8}},
	{"cmpxchg8b of a register", bothModes, []byte{0x0f, 0xc7, 0xc8}},
	{"hlt", bothModes, []byte{0xf4}},
	{"cli", bothModes, []byte{0xfa}},
	{"sti", bothModes, []byte{0xfb}},
	{"in al, imm8", bothModes, []byte{0xe4, 0x80}},
	{"in eax, dx", bothModes, []byte{0xed}},
	{"out imm8, al", bothModes, []byte{0xe6, 0x80}},
	{"out dx, eax", bothModes, []byte{0xef}},
	{"insb", bothModes, []byte{0x6c}},
	{"outsb", bothModes, []byte{0x6e}},
	{"clts", bothModes, []byte{0x0f, 0x06}},
	{"wbinvd", bothModes, []byte{0x0f, 0x09}},
	{"rdmsr", bothModes, []byte{0x0f, 0x32}},
	{"wrmsr", bothModes, []byte{0x0f, 0x30}},
	{"mov r, cr0", bothModes, []byte{0x0f, 0x20, 0xc0}},
	{"mov cr0, r", bothModes, []byte{0x0f, 0x22, 0xc0}},
	{"mov r, dr7", bothModes, []byte{0x0f, 0x21, 0xf8}},
	{"mov dr7, r", bothModes, []byte{0x0f, 0x23, 0xf8}},
	{"lgdt", bothModes, []byte{0x0f, 0x01, 0x10}},
	{"lidt", bothModes, []byte{0x0f, 0x01, 0x18}},
	{"invlpg", bothModes, []byte{0x0f, 0x01, 0x38}},
	{"lldt", bothModes, []byte{0x0f, 0x00, 0xd0}},
	{"ltr", bothModes, []byte{0x0f, 0x00, 0xd8}},
	{"int3", bothModes, []byte{0xcc}},
	{"int 3", bothModes, []byte{0xcd, 0x03}},
	{"int 0", bothModes, []byte{0xcd, 0x00}},
	{"int 13", bothModes, []byte{0xcd, 0x0d}},
	{"int 0x21", bothModes, []byte{0xcd, 0x21}},
	{"aam 0", only32, []byte{0xd4, 0x00}},
	{"into", only32, []byte{0xce}},
	{"push es", only64, []byte{0x06}},
	{"pop ds", only64, []byte{0x1f}},
	{"daa", only64, []byte{0x27}},
	{"pusha", only64, []byte{0x60}},
	{"popa", only64, []byte{0x61}},
	{"alias 82", only64, []byte{0x82, 0xc0, 0x01}},
	{"far call", only64, []byte{0x9a}},
	{"into", only64, []byte{0xce}},
	{"aam", only64, []byte{0xd4, 0x0a}},
	{"salc", only64, []byte{0xd6}},
	{"far jump", only64, []byte{0xea}},
}

// illegalLocks are instructions that LOCK must not precede (SDM vol. 2, "LOCK").
var illegalLocks = []struct {
	name string
	code []byte
}{
	{"add eax, ecx", []byte{0x01, 0xc8}},
	{"add eax, [rax]", []byte{0x03, 0x00}},
	{"cmp [rax], ecx", []byte{0x39, 0x08}},
	{"cmp dword [rax], imm32", []byte{0x81, 0x38, 1, 2, 3, 4}},
	{"cmp dword [rax], imm8", []byte{0x83, 0x38, 1}},
	{"mov [rax], ecx", []byte{0x89, 0x08}},
	{"test [rax], ecx", []byte{0x85, 0x08}},
	{"xchg eax, ecx", []byte{0x87, 0xc8}},
	{"inc eax", []byte{0xff, 0xc0}},
	{"neg eax", []byte{0xf7, 0xd8}},
	{"mul dword [rax]", []byte{0xf7, 0x20}},
	{"shl dword [rax], 1", []byte{0xd1, 0x20}},
	{"nop", []byte{0x90}},
	{"push rax", []byte{0x50}},
	{"bt [rax], ecx", []byte{0x0f, 0xa3, 0x08}},
	{"bts eax, ecx", []byte{0x0f, 0xab, 0xc8}},
	{"btc eax, ecx", []byte{0x0f, 0xbb, 0xc8}},
	{"btr eax, imm8", []byte{0x0f, 0xba, 0xf0, 1}},
	{"cmpxchg eax, ecx", []byte{0x0f, 0xb1, 0xc8}},
	{"xadd eax, ecx", []byte{0x0f, 0xc1, 0xc8}},
	{"movs", []byte{0xa4}},
}

func faultForms() []form {
	var forms []form
	for _, f := range faults {
		forms = append(forms, form{f.name, Fault, f.in, func(b *builder) { b.raw(f.code...) }})
	}
	for _, l := range illegalLocks {
		forms = append(forms, form{"lock " + l.name, IllegalLock, bothModes, func(b *builder) {
			b.raw(append([]byte{lock}, l.code...)...)
		}})
	}
	forms = append(forms, form{"bound r, m", Fault, only32, func(b *builder) {
		i := b.integer(4, 0x62)
		i.modrm, i.reg, i.rm = true, b.source(), b.memory(access{size: 8})
		b.emit(i)
	}})
	return forms
}
