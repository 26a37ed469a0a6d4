/* The read-only root of clones: what preload and the linker do for flash. */
#include "thimble.h"

static void share(txMachine* the, void* data)
{
	freezeForSharing(the);
}

/*
 * Bytecode in flash uses its string literals and the bodies of its closures in place, instead of copying them to chunks.
 * The linker has codes of their own for that, of the same length.
 */
static void toReadOnlyCode(txByte* code)
{
	txU1* p = (txU1*)code;
	txU1* end = p + ((txChunk*)(code - sizeof(txChunk)))->size - sizeof(txChunk);
	while (p < end) {
		txS1 size = gxCodeSizes[*p];
		if ((XS_CODE_CODE_1 <= *p) && (*p <= XS_CODE_CODE_4))
			*p += XS_CODE_CODE_ARCHIVE_1 - XS_CODE_CODE_1;
		else if ((XS_CODE_STRING_1 <= *p) && (*p <= XS_CODE_STRING_4))
			*p += XS_CODE_STRING_ARCHIVE_1 - XS_CODE_STRING_1;
		if (size > 0)
			p += size;
		else if (size == 0)
			p += 1 + sizeof(txID);
		else if (size == -1)
			p += 2 + p[1];
		else if (size == -2)
			p += 3 + (p[1] | (p[2] << 8));
		else
			p += 5 + (p[1] | (p[2] << 8) | (p[3] << 16) | (p[4] << 24));
	}
}

/* In flash, strings and bytecode have kinds of their own: the collectors of clones leave them where they are. */
static void toReadOnlyKind(txSlot* slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CODE_KIND:
		toReadOnlyCode(slot->value.code.address);
		slot->kind = XS_CODE_X_KIND;
		break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	default: break;
	}
}

static void finishSlot(txMachine* the, txSlot* slot)
{
	toReadOnlyKind(slot);
	/* XS numbers aliases from 0, which is also its "no alias"; whoever got that number gets one of their own. */
	if ((slot->kind == XS_INSTANCE_KIND) && (slot->ID == XS_NO_ID) && !(slot->flag & XS_DONT_PATCH_FLAG))
		slot->ID = the->aliasCount++;
	else if ((slot->kind == XS_CLOSURE_KIND) && !(slot->value.closure->flag & XS_DONT_SET_FLAG) && (slot->value.closure->ID == XS_NO_ID))
		slot->value.closure->ID = the->aliasCount++;
	else if ((slot->kind == XS_ARRAY_KIND) && slot->value.array.address) {
		txIndex length = fxGetIndexSize(the, slot);
		while (length > 0)
			toReadOnlyKind(slot->value.array.address + --length);
	}
}

static void finishSharing(txMachine* the)
{
	txSlot* heap;
	txBlock* block;
	txSlot* slot;
	for (heap = the->firstHeap; heap; heap = heap->next)
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			finishSlot(the, slot);
	for (slot = the->stack; slot < the->stackTop; slot++)
		toReadOnlyKind(slot);
	/* A chunk without forwarding address does not move; nobody walks these any more. */
	for (block = the->firstBlock; block; block = block->nextBlock) {
		txByte* current = ((txByte*)block) + sizeof(txBlock);
		while (current < block->current) {
			txByte* next = ((txChunk*)current)->temporary;
			((txChunk*)current)->temporary = C_NULL;
			current = next;
		}
	}
}

/* Makes the machine the read-only root of clones: what preload and the linker do for flash. */
EXPORT(shareMachine) int shareMachine(txMachine* the)
{
	int status = hostTurn(the, share, C_NULL);
	if (status != TURN_OK)
		return status;
	fxShareMachine(the);
	finishSharing(the);
	if (the->aliasCount == 0)
		the->aliasCount = 1;
	return TURN_OK;
}
