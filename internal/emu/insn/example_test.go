package insn_test

import (
	"fmt"

	"trapline/internal/emu/insn"
)

func ExampleDecode() {
	code := []byte{0x48, 0x8B, 0x35, 0x10, 0x00, 0x00, 0x00, 0xC3} // mov rsi,[rip+0x10]; ret
	i, err := insn.Decode(code, insn.Mode64)
	if err != nil {
		fmt.Println(err)
		return
	}
	address, _ := i.RIPRelativeAddress(0x401000)
	fmt.Printf("%d bytes, %v, operand at %#x, uses %v\n", i.Len, i.Attr(), address, i.UsedGPRs())
	// Output: 7 bytes, memory, operand at 0x401017, uses rsi
}
