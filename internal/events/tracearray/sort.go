package tracearray

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"trapline/internal/events/filter"
)

// sorted lists the rows in the order of printing. They are sorted by their bytes first, in the search for duplicates,
// and then by the fields that were asked for; the kernel's sort is not stable, so rows that compare equal come as its
// heap sort leaves them (tracing_map_sort_entries()).
func (h *hist) sorted() []*histRow {
	l := slices.SortedFunc(maps.Values(h.rows), func(x, y *histRow) int { return bytes.Compare(x.key, y.key) })
	heapSort(l, func(x, y *histRow) int { return h.compare(h.sort[0], x, y) })
	if len(h.sort) == 1 {
		return l
	}
	for from := 0; from < len(l); {
		to := from + 1
		for to < len(l) && h.compare(h.sort[0], l[from], l[to]) == 0 {
			to++
		}
		heapSort(l[from:to], func(x, y *histRow) int { return h.compare(h.sort[1], x, y) })
		from = to
	}
	return l
}

func (h *hist) compare(s histSort, x, y *histRow) int {
	if s.descending {
		x, y = y, x
	}
	return h.compareBy(s.name, x, y)
}

func (h *hist) compareBy(name string, x, y *histRow) int {
	if name == hitcount {
		return cmp.Compare(x.count, y.count)
	}
	for i, f := range h.values {
		if f.Name == name {
			return cmp.Compare(x.values[i], y.values[i])
		}
	}
	at := 0
	for _, f := range h.keys {
		switch {
		case f.Name == name && f.Kind == filter.Text:
			return bytes.Compare(x.key[at:at+keyText], y.key[at:at+keyText])
		case f.Name == name:
			a, b := binary.LittleEndian.Uint64(x.key[at:]), binary.LittleEndian.Uint64(y.key[at:])
			if f.Signed {
				return cmp.Compare(int64(a), int64(b))
			}
			return cmp.Compare(a, b)
		case f.Kind == filter.Text:
			at += keyText
		default:
			at += 8
		}
	}
	return 0
}

// heapSort is lib/sort.c's: bottom-up, not stable.
func heapSort[T any](l []T, compare func(a, b T) int) {
	for n, root := len(l), len(l)/2; ; {
		switch {
		case root > 0:
			root--
		case n > 1:
			n--
			l[0], l[n] = l[n], l[0]
		default:
			return
		}
		leaf := root
		for 2*leaf+2 < n { // down along the greater children
			leaf = 2*leaf + 1
			if compare(l[leaf], l[leaf+1]) < 0 {
				leaf++
			}
		}
		if 2*leaf+2 == n {
			leaf = 2*leaf + 1
		}
		for leaf != root && compare(l[root], l[leaf]) >= 0 { // up to where the root belongs
			leaf = (leaf - 1) / 2
		}
		for hole := leaf; leaf != root; {
			leaf = (leaf - 1) / 2
			l[leaf], l[hole] = l[hole], l[leaf]
		}
	}
}
