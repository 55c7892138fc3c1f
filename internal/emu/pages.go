package emu

import "bytes"

// blockSize is the grain at which snapshots share memory: one changed byte
// costs one block.
const (
	blockSize     = 512
	blocksPerPage = PageSize / blockSize
)

// block is an immutable piece of a frame.
type block struct {
	data [blockSize]byte
	hash Fingerprint // of data
}

// page is an immutable copy of a frame, shared by snapshots.
type page struct {
	blocks [blocksPerPage]*block
	hash   Fingerprint // of the blocks, by position
}

// zeroPage is what every frame holds before its first write; noPage stands for
// a content that no page has.
var (
	zeroPage = newZeroPage()
	noPage   = &page{}
)

func newZeroPage() *page {
	zero := new(block)
	zero.hash = blockHash(zero.data[:])
	p := new(page)
	for i := range p.blocks {
		p.blocks[i] = zero
	}
	p.rehash()
	return p
}

func (c *page) rehash() {
	c.hash = Fingerprint{}
	for i, b := range c.blocks {
		c.hash.add(b.hash.at(uint64(i)))
	}
}

// with is a page of the content given, which shares c's blocks where they are
// equal: c itself if all are.
func (c *page) with(content []byte) *page {
	n := c
	for i, old := range c.blocks {
		now := content[i*blockSize : (i+1)*blockSize]
		if bytes.Equal(old.data[:], now) {
			continue
		}
		if n == c {
			n = &page{blocks: c.blocks}
		}
		b := new(block)
		copy(b.data[:], now)
		b.hash = blockHash(now)
		n.blocks[i] = b
	}
	if n != c {
		n.rehash()
	}
	return n
}
