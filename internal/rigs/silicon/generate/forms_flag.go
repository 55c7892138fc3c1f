package generate

import "trapline/internal/rigs/silicon"

func flagForms() []form {
	var forms []form
	for _, f := range []struct {
		name string
		code byte
	}{{"cmc", 0xf5}, {"clc", 0xf8}, {"stc", 0xf9}, {"cld", 0xfc}, {"std", 0xfd}} {
		forms = append(forms, form{f.name, Flag, bothModes, func(b *builder) { b.raw(f.code) }})
	}
	forms = append(forms,
		form{"lahf", Flag, bothModes, func(b *builder) {
			b.raw(0x9f)
			b.clobber(silicon.RAX)
		}},
		form{"sahf", Flag, bothModes, func(b *builder) { b.raw(0x9e) }})
	for _, p := range pushSizes {
		size := p.size
		forms = append(forms,
			form{sized("pushf of %d bits", size), Flag, p.in, func(b *builder) { b.emit(b.implicit(size, 0x9c)) }},
			form{sized("pushf, popf of %d bits", size), Flag, p.in, func(b *builder) {
				b.emit(b.implicit(size, 0x9c))
				b.simple()
				b.emit(b.implicit(size, 0x9d))
			}},
			form{sized("push imm, popf of %d bits", size), Flag, p.in, func(b *builder) {
				// What user code may change, and IF and IOPL, which it may not. ID is left out:
				// ptrace cannot set it back for the next program.
				const iopl = 3 << 12
				const image = silicon.StatusFlags | silicon.DF | silicon.IF | silicon.NT | iopl
				push := b.implicit(size, 0x68)
				push.imm = little(b.rng.Uint64()&image, immediateWidth(size))
				b.emit(push)
				b.emit(b.implicit(size, 0x9d))
			}})
	}
	return forms
}

func decimalForms() []form {
	var forms []form
	for _, d := range []struct {
		name string
		code byte
	}{{"daa", 0x27}, {"das", 0x2f}, {"aaa", 0x37}, {"aas", 0x3f}} {
		forms = append(forms,
			form{d.name, Decimal, only32, func(b *builder) { b.decimal(d.code) }},
			form{"add al, imm8, " + d.name, Decimal, only32, func(b *builder) {
				b.raw(0x04, byte(b.number()))
				b.decimal(d.code)
			}})
	}
	for n, name := range []string{"aam", "aad"} {
		forms = append(forms,
			form{name, Decimal, only32, func(b *builder) { b.decimal(byte(0xd4+n), 10) }},
			form{name + " imm8", Decimal, only32, func(b *builder) { b.decimal(byte(0xd4+n), byte(b.number())) }})
	}
	return forms
}

func (b *builder) decimal(code ...byte) {
	b.raw(code...)
	b.clobber(silicon.RAX)
}
