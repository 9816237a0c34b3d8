/* far_soap_sample.h - one right question to the population database, in pieces that a test can exchange.
 * Used by test_far_soap.c and test_far_population.c. */
#ifndef FAR_SOAP_SAMPLE_H
#define FAR_SOAP_SAMPLE_H

#define SAMPLE_CLIENT                                                                                                  \
    "<xro:client id:objectType=\"SUBSYSTEM\"><id:xRoadInstance>VN</id:xRoadInstance><id:memberClass>GOV"               \
    "</id:memberClass><id:memberCode>H56</id:memberCode><id:subsystemCode>onestop</id:subsystemCode></xro:client>"
#define SAMPLE_SERVICE                                                                                                 \
    "<xro:service id:objectType=\"SERVICE\"><id:xRoadInstance>VN</id:xRoadInstance><id:memberClass>GOV"                \
    "</id:memberClass><id:memberCode>G01</id:memberCode><id:subsystemCode>dancu</id:subsystemCode>"                    \
    "<id:serviceCode>XacThucThongTinCongDan</id:serviceCode></xro:service>"
#define SAMPLE_REST   "<xro:id>m-1</xro:id><xro:userId>217</xro:userId><xro:protocolVersion>4.0</xro:protocolVersion>"
#define SAMPLE_HEADER SAMPLE_CLIENT SAMPLE_SERVICE SAMPLE_REST

#define SAMPLE_FIRST   "<dan:MaYeuCau>y1</dan:MaYeuCau><dan:MaDVC>1.001193</dan:MaDVC><dan:MaTichHop>t</dan:MaTichHop>"
#define SAMPLE_WHO     "<dan:MaCanBo>038975000217</dan:MaCanBo><dan:MaDonVi>H56.14</dan:MaDonVi><dan:TaiKhoan/>"
#define SAMPLE_BIRTH   "<dan:NgayThangNamSinh><dan:NgayThangNam>19900101</dan:NgayThangNam></dan:NgayThangNamSinh>"
#define SAMPLE_CITIZEN "<dan:SoDinhDanh>038990000001</dan:SoDinhDanh><dan:HoVaTen>Lê Thị An</dan:HoVaTen>" SAMPLE_BIRTH

#define SAMPLE_MESSAGE(header, operation, children)                                                                    \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope"                                                      \
    " xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xro=\"http://x-road.eu/xsd/xroad.xsd\""        \
    " xmlns:id=\"http://x-road.eu/xsd/identifiers\" xmlns:dan=\"http://dancuquocgia.bca\"><soapenv:Header>" header     \
    "</soapenv:Header><soapenv:Body><dan:" operation ">" children "</dan:" operation                                   \
    "></soapenv:Body></soapenv:Envelope>"
#define SAMPLE_VERIFY(header, children) SAMPLE_MESSAGE(header, "XacThucThongTinCongDan", children)

#endif
