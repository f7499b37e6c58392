// Runs every JSON-RPC method of callhouse through CALLR's Node SDK and checks the answers. See README.md.
// The Python script checks the figures; this one checks that the Node SDK understands every answer.
'use strict';

const assert = require('assert');
const http = require('http');
const net = require('net');
const os = require('os');
const path = require('path');

function setting(position, name, fallback) {
    const value = process.argv[1 + position] || process.env[name] || fallback;
    if (value === undefined) {
        console.error(`argument ${position} or ${name} is missing`);
        process.exit(1);
    }
    return value;
}

const URL_ = new URL(setting(1, 'CALLHOUSE_URL'));
const LOGIN = setting(2, 'CALLHOUSE_LOGIN');
const PASSWORD = setting(3, 'CALLHOUSE_PASSWORD');
const FROM = setting(4, 'CALLHOUSE_FROM', '2026-01-01 00:00:00');
const TO = setting(5, 'CALLHOUSE_TO', '2026-12-31 23:59:59');

const cache = path.join(os.homedir(), '.cache', 'callhouse');
const callr = require(path.join(cache, 'node', 'node_modules', 'callr'));

// The SDK knows only https on port 443; this agent takes its requests to the server under test.
class LocalAgent extends http.Agent {
    createConnection(options, connected) {
        return net.connect({ host: URL_.hostname, port: Number(URL_.port) }, connected);
    }
}

function call(password, method, ...params) {
    const api = new callr.api(LOGIN, password, { proxyAgent: new LocalAgent() });
    api.apiUrl = `http://${URL_.hostname}${URL_.pathname}`;
    return new Promise((resolve, reject) => {
        api.call(method, ...params).success(resolve).error(reject);
    });
}

const ask = (method, ...params) => call(PASSWORD, method, ...params);

async function fails(message, code, method, ...params) {
    await assert.rejects(ask(method, ...params), (error) => {
        assert.deepStrictEqual([error.message, error.code], [message, code], `${method} ${JSON.stringify(params)}`);
        return true;
    });
}

function checkKeys(object, keys, where) {
    assert.deepStrictEqual(Object.keys(object), keys, where);
}

const FIGURES = ['aloc', 'count', 'credit', 'debit', 'duration'];
const with_ = (...more) => [...FIGURES, ...more].sort();

async function checkCdr() {
    for (const type of ['IN', 'OUT']) {
        const rows = await ask('cdr.get', type, FROM, TO, null, null);
        assert.ok(Array.isArray(rows));
        const expected = process.env[`CALLHOUSE_EXPECT_${type}`];
        assert.ok(expected === undefined || rows.length === Number(expected), `${rows.length} calls ${type}`);
        const filters = { type, from: FROM, to: TO };
        const found = await ask('cdr.search', filters, { quantity: 5, order: 'start ASC' });
        checkKeys(found, ['has_more', 'hits', 'offset', 'total'], 'Search.Results');
        assert.strictEqual(found.total, rows.length);
        assert.strictEqual(found.hits.length, Math.min(5, rows.length));
        assert.strictEqual((await ask('cdr.search', filters, null)).total, rows.length);
        console.log(`ok cdr.get and cdr.search ${type}: ${rows.length}`);
    }
    await fails('TO_BEFORE_FROM', 151, 'cdr.get', 'IN', TO, FROM, null, null);
    await fails('PROPERTY_VALUE_ERROR [app]', 151, 'cdr.get', 'IN', FROM, TO, 'INVALID_APP_ID', null);
    await fails('INVALID_PARAM_FORMAT [type]', -32602, 'cdr.get', null, FROM, TO, null, null);
}

async function checkAnalytics() {
    const summary = await ask('analytics/calls.summary', FROM, TO);
    checkKeys(summary, ['IN', 'OUT'], 'summary');
    checkKeys(summary.IN, with_('unique_callers'), 'summary IN');
    checkKeys(summary.OUT, FIGURES, 'summary OUT');
    const history = await ask('analytics/calls.history', FROM, TO, { granularity: 'day', timezone: 'Europe/Paris' });
    checkKeys(history, ['IN', 'OUT'], 'history');
    for (const type of ['IN', 'OUT']) {
        history[type].forEach((item) => checkKeys(item, with_('date'), 'history'));
        const count = history[type].reduce((sum, item) => sum + item.count, 0);
        assert.strictEqual(count, summary[type].count, `history ${type}`);
    }
    const rankings = [
        ['analytics/calls.inbound_did', [], with_('billing_label', 'hash', 'intl')],
        ['analytics/calls.cli_countries', [], with_('country_code')],
        ['analytics/calls.outbound_countries', [], with_('country_code')],
        ['analytics/calls.outbound_destinations', [], with_('billing_label')],
        ['analytics/calls.top_apps', ['IN'], with_('hash')],
        ['analytics/calls.top_apps', ['OUT'], with_('hash')],
    ];
    for (const [method, first, keys] of rankings) {
        const rows = await ask(method, ...first, 'DURATION', FROM, TO, 9999);
        assert.ok(Array.isArray(rows), method);
        rows.forEach((row) => checkKeys(row, keys, method));
    }
    console.log('ok analytics/calls');
}

async function checkSms() {
    const figures = ['count', 'credit', 'debit', 'parts'];
    const messages = await ask('sms.get_list', 'OUT', FROM, TO);
    assert.ok(Array.isArray(messages));
    const found = await ask('sms.search', { type: 'OUT', created_at_from: FROM, created_at_to: TO }, { quantity: 5 });
    checkKeys(found, ['has_more', 'hits', 'offset', 'total'], 'sms.search');
    assert.strictEqual(found.total, messages.length);
    await fails('PROPERTY_VALUE_ERROR [id]', 151, 'sms.get', 'ZZZZZZZZ');
    assert.strictEqual(await ask('sms.get_count_for_body', 'a'.repeat(161)), 2);
    assert.strictEqual((await ask('sms.get_gsm_charset_mapping'))['@'], '00');
    const summary = await ask('analytics/sms.summary', FROM, TO);
    checkKeys(summary.OUT, figures, 'analytics/sms.summary');
    assert.strictEqual(summary.OUT.count, messages.length);
    assert.deepStrictEqual(await ask('analytics/sms.summary_out', FROM, TO, null), summary.OUT);
    const history = await ask('analytics/sms.history_out', FROM, TO, null);
    assert.strictEqual(history.reduce((sum, item) => sum + item.count, 0), messages.length);
    console.log(`ok sms and analytics/sms: ${messages.length}`);
}

async function checkCredentials() {
    await assert.rejects(call(PASSWORD + 'x', 'system.get_timestamp'), (error) => error.data.http_code === 401);
    assert.ok(Number.isInteger(await ask('system.get_timestamp')));
    const key = await ask('api-key.create', 'node sdk test');
    assert.match(key.token, /^[0-9a-f]{100}$/);
    assert.ok((await ask('api-key.all')).some((known) => known.id === key.id));
    assert.strictEqual(await ask('api-key.delete', key.id), true);
    const session = await ask('session.create');
    checkKeys(session, ['refresh_token', 'refreshable_until', 'token', 'valid_until'], 'session');
    assert.ok((await ask('session.all')).length >= 1);
    const newer = await ask('session.refresh', session.refresh_token);
    assert.match(newer.token, /^[0-9a-f]{40}$/);
    await fails('FORBIDDEN', 100, 'session.delete');
    await fails('METHOD_NOT_FOUND', -32601, 'system.nothing');
    console.log('ok credentials, keys and sessions');
}

async function checkAccountsAndLists() {
    const found = await ask('account/sub.search', {}, { order: 'login ASC' });
    checkKeys(found, ['has_more', 'hits', 'offset', 'total'], 'account/sub.search');
    assert.strictEqual((await ask('account/sub.get_quota')).actual, found.total);
    for (const { hash } of found.hits) {
        assert.strictEqual(await ask('account/sub.disable', hash), true);
        assert.strictEqual((await ask('account/sub.get', hash)).state.disabled, true);
        assert.strictEqual(await ask('account/sub.enable', hash), true);
    }
    await fails('PROPERTY_VALUE_ERROR [hash]', 151, 'account/sub.get', 'ZZZZZZZZ');
    assert.ok((await ask('account/audit.search', null, { quantity: 5 })).total >= 1);
    const countries = await ask('list.countries');
    assert.strictEqual(countries.FR.country_label, 'France');
    const zones = Object.values(await ask('list.timezones'));
    assert.ok(zones.some((zone) => zone.iana === 'Europe/Paris' && zone.country_codes.includes('FR')));
    assert.strictEqual((await ask('list.number_infos', '+33612345678')).country_code, 'FR');
    assert.strictEqual((await ask('list.number_infos', 'hello')).is_valid, false);
    console.log('ok accounts and lists');
}

async function main() {
    await checkCredentials();
    await checkCdr();
    await checkAnalytics();
    await checkAccountsAndLists();
    await checkSms();
    console.log('all methods ok');
}

main().catch((error) => {
    console.error('FAILED', error);
    process.exit(1);
});
