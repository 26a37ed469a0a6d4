/* Memory of machines. With a `static` creation the arena is all there is, as on ESP32. */
#include "thimble.h"

void* fxAllocateChunks(txMachine* the, txSize size)
{
	txBlock* block = the->firstBlock;
	if (!the->arena)
		return c_malloc(size);
	if (block) {
		/* The only block grows in place, by what is missing behind its free bytes; XS adds `size` to what is returned. */
		txSize missing = size - (txSize)sizeof(txBlock) - (txSize)(block->limit - block->current);
		if (missing < 0)
			missing = 0;
		if (missing > the->arenaSlots - the->arenaChunks)
			return C_NULL;
		the->arenaChunks += missing;
		the->maximumChunksSize += missing - size;
		block->limit = (txByte*)the->arenaChunks - size;
		return block->limit;
	}
	if (size > the->arenaSlots - the->arenaChunks)
		return C_NULL;
	the->arenaChunks += size;
	return the->arenaChunks - size;
}

void fxFreeChunks(txMachine* the, void* chunks)
{
	if (!the->arena)
		c_free(chunks);
}

static txSlot* takeArenaSlots(txMachine* the, txSize size)
{
	if (size > the->arenaSlots - the->arenaChunks)
		return C_NULL;
	the->arenaSlots -= size;
	return (txSlot*)the->arenaSlots;
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	txSize size = count * (txSize)sizeof(txSlot);
	txSlot* slots;
	if (!the->arena)
		return (txSlot*)c_malloc(size);
	slots = takeArenaSlots(the, size);
	if (!slots && the->firstBlock) {
		/* What compaction frees at the end of the chunks can become slots. */
		txBlock* block = the->firstBlock;
		fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG);
		the->maximumChunksSize -= (txSize)(block->limit - block->current);
		block->limit = block->current;
		the->arenaChunks = (uint8_t*)block->current;
		slots = takeArenaSlots(the, size);
	}
	return slots;
}

void fxFreeSlots(txMachine* the, void* slots)
{
	if (!the->arena)
		c_free(slots);
}
